/** A picture, or initials on a colour that stays the same for one id. */
import { useState } from 'react';
import { cx } from './cx';

export interface AvatarProps {
  readonly id: string;
  readonly name: string;
  readonly src?: string | null;
  readonly size?: number;
  readonly square?: boolean;
  readonly className?: string;
}

/** White reads on each with a contrast of 4.5 and more. */
const colours = [
  '#4c55d4',
  '#0f766e',
  '#b4436c',
  '#a1590b',
  '#2563b0',
  '#7c4dbd',
  '#3d7a2f',
  '#b34a2e',
  '#486581',
  '#8a4b9c',
];

export function Avatar({ id, name, src, size = 40, square = false, className }: AvatarProps) {
  const [broken, setBroken] = useState<string | null>(null);
  const shape = square ? 'rounded-[28%]' : 'rounded-full';
  const style = { width: size, height: size };
  if (src && src !== broken)
    return (
      <img
        src={src}
        alt=""
        loading="lazy"
        referrerPolicy="no-referrer"
        style={style}
        onError={() => setBroken(src)}
        className={cx('shrink-0 bg-sunken object-cover', shape, className)}
      />
    );
  return (
    <span
      aria-hidden
      // Drawn by CSS: initials are a picture here, no text of the button or the link around them.
      data-initials={initials(name)}
      style={{ ...style, backgroundColor: colours[hash(id) % colours.length], fontSize: size * 0.38 }}
      className={cx(
        'inline-flex shrink-0 items-center justify-center font-semibold text-[#fff] select-none before:content-[attr(data-initials)]',
        shape,
        className,
      )}
    />
  );
}

function hash(text: string): number {
  let value = 5381;
  for (let i = 0; i < text.length; i++) value = (value * 33 + text.charCodeAt(i)) >>> 0;
  return value;
}

/** The first letters of two words; of a name in an ideographic script its last two signs' first. */
export function initials(name: string): string {
  const words = name
    .trim()
    .split(/\s+/)
    .filter((word) => /[\p{L}\p{N}]/u.test(word));
  const first = [...(words[0] ?? '')].find((sign) => /[\p{L}\p{N}]/u.test(sign)) ?? '?';
  if (/\p{Script=Han}|\p{Script=Hangul}|\p{Script=Hiragana}|\p{Script=Katakana}/u.test(first)) return first;
  const second = words.length > 1 ? ([...(words.at(-1) ?? '')].find((sign) => /[\p{L}\p{N}]/u.test(sign)) ?? '') : '';
  if (/\p{Script=Han}/u.test(second)) return first.toUpperCase();
  return (first + second).toUpperCase();
}
