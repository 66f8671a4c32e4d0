/**
 * The first page of an empty server: how to push the first job, in common languages. It disappears
 * when the server has a job.
 *
 * The code examples are in first-code.ts.
 */
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { CodeBlock } from '../../parts/code.tsx';
import { Section } from '../../parts/section.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { quoted } from '../../push-lines.ts';
import { clientAddress } from '../../server-address.ts';
import { useCan, useSession } from '../../session.tsx';
import { examplesFor } from './first-code.ts';

export default function FirstJob(): ReactNode {
  const { t } = useTranslation();
  const canPush = useCan('push');
  const session = useSession();
  const at = clientAddress(session, location.hostname);
  const tabs = examplesFor(at).map(({ language, install, code }) => ({
    id: language,
    label: language,
    panel: (
      <>
        <p className="mb-2 text-soft">
          {t('overview.firstInstall')} <code className="text-ink">{install}</code>
        </p>
        <CodeBlock text={code} label={language} />
      </>
    ),
  }));
  return (
    <Section title={t('overview.firstTitle')}>
      <p className="mt-3 mb-4 max-w-prose text-soft">{t('overview.firstBody')}</p>
      <p className="mb-2 text-soft">
        {t('overview.firstAddress')} {session.wire.password && t('parts.putPassword')}
      </p>
      <div className="mb-4">
        <CodeBlock text={`export FAKTORY_URL=${quoted(at.url)}`} />
      </div>
      <Tabs label={t('overview.firstLanguages')} tabs={tabs} />
      {canPush && (
        <p className="mt-3">
          <Link href="/push" className="link">
            {t('overview.firstForm')}
          </Link>
        </p>
      )}
    </Section>
  );
}
