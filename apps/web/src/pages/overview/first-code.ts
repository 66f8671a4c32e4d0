/**
 * Code examples that push a first job with the public API of each client. All push the same job,
 * so that they can be compared.
 */
import type { ClientAddress } from '../../server-address.ts';

/** A client, how to install it, and code that pushes with it. */
export interface Example {
  language: string;
  install: string;
  code: string;
}

const node = `import { Client } from '@faktory-ts/client';

const client = new Client();
await client.push({ jobtype: 'SendEmail', args: ['ada@example.com', 42] });
await client.close();
`;

const ruby = `require "faktory_worker_ruby"

class SendEmail
  include Faktory::Job

  def perform(to, id)
    puts "Mail #{id} to #{to}"
  end
end

SendEmail.perform_async("ada@example.com", 42)
`;

const python = `import faktory

with faktory.connection() as client:
    client.queue("SendEmail", args=("ada@example.com", 42))
`;

const go = `package main

import (
	"log"

	faktory "github.com/contribsys/faktory/client"
)

func main() {
	client, err := faktory.Open()
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	job := faktory.NewJob("SendEmail", "ada@example.com", 42)
	if err := client.Push(job); err != nil {
		log.Fatal(err)
	}
}
`;

const rust = `use faktory::{Client, Job};
use serde_json::json;

#[tokio::main]
async fn main() -> Result<(), faktory::Error> {
    let mut client = Client::connect().await?;
    let args = vec![json!("ada@example.com"), json!(42)];
    client.enqueue(Job::new("SendEmail", args)).await?;
    Ok(())
}
`;

const php = ({ host, port }: ClientAddress): string => `<?php
require 'vendor/autoload.php';

use FaktoryQueue\\FaktoryClient;
use FaktoryQueue\\FaktoryJob;

$client = new FaktoryClient('${host}', '${port}');
$client->push(new FaktoryJob('SendEmail', ['ada@example.com', 42]));
`;

/** All examples, for a server at this address. */
export const examplesFor = (at: ClientAddress): readonly Example[] => [
  { language: 'Node.js', install: 'npm install @faktory-ts/client', code: node },
  { language: 'Ruby', install: 'gem install faktory_worker_ruby', code: ruby },
  { language: 'Python', install: 'pip install faktory', code: python },
  { language: 'Go', install: 'go get github.com/contribsys/faktory', code: go },
  { language: 'Rust', install: 'cargo add faktory serde_json tokio --features tokio/full', code: rust },
  { language: 'PHP', install: 'composer require basekit/faktory_worker_php', code: php(at) },
];
