@rem "exec" for the scripts in package.json: where a shell has it, signals reach the program and not the shell around it.
@%*
