/** What is going on right now. */
export function StatusLine({ text }: { readonly text: string }) {
  return (
    <p role="status" className="flex items-center gap-2 text-sm text-ink-3">
      <span aria-hidden className="inline-flex gap-0.5">
        {[0, 1, 2].map((i) => (
          <span
            key={i}
            style={{ animationDelay: `${i * 160}ms` }}
            className="size-1.5 animate-[dot_1.2s_ease-in-out_infinite] rounded-full bg-accent"
          />
        ))}
      </span>
      {text}
    </p>
  );
}
