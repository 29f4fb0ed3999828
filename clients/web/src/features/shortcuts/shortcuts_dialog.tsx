import { commandKey, optionKey } from '@/lib/keys';
import { useT } from '@/i18n';
import { Dialog } from '@/ui/dialog';

/** All keys, by where they work. */
export function ShortcutsDialog({ onClose }: { readonly onClose: () => void }) {
  const t = useT().shortcuts;
  const sections = [
    {
      title: t.everywhere,
      keys: [
        [[commandKey, 'K'], t.find],
        [[optionKey, 'N'], t.newConversation],
        [[optionKey, '↓'], t.next],
        [[optionKey, '↑'], t.previous],
        [['?'], t.help],
      ],
    },
    {
      title: t.writing,
      keys: [
        [['Enter'], t.send],
        [['Shift', 'Enter'], t.newLine],
        [['↑'], t.editLast],
        [['@'], t.mention],
        [[':'], t.emoji],
        [['Esc'], t.cancel],
      ],
    },
    {
      title: t.messages,
      keys: [
        [['↑', '↓'], t.move],
        [['Enter'], t.menu],
        [['R'], t.reply],
        [['E'], t.edit],
        [['+'], t.react],
        [['C'], t.copy],
        [['Del'], t.recall],
        [['Esc'], t.backToWriting],
      ],
    },
  ] as const;
  return (
    <Dialog title={t.title} size="large" onClose={onClose}>
      <div className="gap-8 sm:columns-2">
        {sections.map((section) => (
          <section key={section.title} className="mb-5 break-inside-avoid">
            <h3 className="mb-1 text-sm font-medium text-ink-3">{section.title}</h3>
            <dl>
              {section.keys.map(([keys, what]) => (
                <div
                  key={what}
                  className="flex items-center justify-between gap-4 border-b border-line py-2 last:border-0"
                >
                  <dt>{what}</dt>
                  <dd className="flex shrink-0 gap-1">
                    {keys.map((key) => (
                      <kbd
                        key={key}
                        className="min-w-6 rounded-md border border-line-strong bg-surface px-1.5 py-0.5 text-center font-sans text-xs font-medium text-ink-2 shadow-small"
                      >
                        {key}
                      </kbd>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
