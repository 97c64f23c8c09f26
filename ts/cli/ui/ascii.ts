/** Tables and charts for a terminal whose locale has no more than ASCII: each of our signs becomes one that it has. */

/** One character for one, so that columns stay aligned; what matters apart stays apart. */
const ASCII: Readonly<Record<string, string>> = {
  ...{ "│": "|", "┤": "+", "└": "+", "┬": "+", "─": "-", "━": "-", "█": "#", "■": "#" },
  ...{ "●": "@", "◆": "A", "▲": "^", "▼": "v", "◇": "o", "○": "o", "□": "u", "★": "*", "☆": "%", "×": "x" },
  ...{ "→": ">", "·": ".", "•": "*", "—": "-", "−": "-", "…": "~", "±": "~", µ: "u", "✓": "+", "✗": "x" },
};
/** Braille dots, and the blocks of bars in eighths. */
const [FIRST_DOTS, LAST_DOTS] = [0x2800, 0x28ff];
const BAR = /[▁▂▃▄▅▆▇▉▊▋▌▍▎▏]/u;

/** `text` with our own signs in ASCII; other letters, as names of classes may have, stay as they are. */
export function toAscii(text: string): string {
  return text.replaceAll(/[^\p{ASCII}]/gu, (sign) => {
    const code = sign.codePointAt(0) ?? 0;
    if (code === FIRST_DOTS) return " ";
    if (code > FIRST_DOTS && code <= LAST_DOTS) return ".";
    return ASCII[sign] ?? (BAR.test(sign) ? "#" : sign);
  });
}
