/**
 * French sets a no-break space before `: ; ? !` and inside « », so that no line begins with them (Lexique de
 * l'Imprimerie nationale). The sources write them without, as programmers type; every text that a person reads
 * passes here on its way out; one that begins with such a sign follows other words.
 */
export function typeset(text: string): string {
  return text
    .replace(/(?<=\S|^) ?([:;?!])(?=\s|$)/g, '\u{a0}$1')
    .replace(/«[ \u{a0}]?/gu, '«\u{a0}')
    .replace(/[ \u{a0}]?»/gu, '\u{a0}»')
}
