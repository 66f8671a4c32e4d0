/*
 * What the form will send, to be read and copied. It must never show more than is sent. A stranger would get wrong that a wrong job is
 * shown too, so that one sees where it stands, but cannot be copied as a line for a shell.
 */
import { type ReactNode, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { laidOut } from '../../json.ts';
import { CodeBlock, CopyButton } from '../../parts/code.tsx';
import { Section } from '../../parts/section.tsx';
import { curlLine } from '../../push-lines.ts';

/** The job as it will be sent. */
export function Preview({
  text,
  command,
  wrong,
}: {
  text: string;
  command: string;
  wrong: boolean;
}): ReactNode {
  const { t } = useTranslation();
  const pretty = useMemo(() => laidOut(text), [text]);
  return (
    <Section
      title={t('push.preview')}
      actions={
        !wrong && (
          <>
            <CopyButton words text={command} label={t('push.asCommand')} />
            <CopyButton words text={() => curlLine(text)} label={t('push.asCurl')} />
          </>
        )
      }
    >
      <div className="mt-3">
        <CodeBlock text={pretty} />
      </div>
    </Section>
  );
}
