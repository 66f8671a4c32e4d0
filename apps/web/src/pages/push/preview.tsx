/**
 * Shows the job that the form will send, with buttons to copy it as a command.
 *
 * A job with a mistake is shown too, but cannot be copied as a command.
 */
import { type ReactNode, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { laidOut } from '../../json.ts';
import { CodeBlock, CopyButton } from '../../parts/code.tsx';
import { Section } from '../../parts/section.tsx';
import type { LineJob } from '../../push-lines.ts';
import { usePushLines } from '../../session.tsx';

/** The job as it will be sent. */
export function Preview({
  text,
  command,
  wrong,
}: {
  text: string;
  command: LineJob;
  wrong: boolean;
}): ReactNode {
  const { t } = useTranslation();
  const lines = usePushLines();
  const pretty = useMemo(() => laidOut(text), [text]);
  return (
    <Section
      title={t('push.preview')}
      actions={
        !wrong && (
          <>
            <CopyButton words text={() => lines.command(command)} label={t('push.asCommand')} />
            <CopyButton words text={() => lines.curl(text)} label={t('push.asCurl')} />
          </>
        )
      }
    >
      <div className="mt-3">
        {lines.password && !wrong && <p className="mb-2 text-sm text-faint">{t('parts.putPassword')}</p>}
        <CodeBlock text={pretty} />
      </div>
    </Section>
  );
}
