const CJK = /[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\u{20000}-\u{323af}]/gu;

/** The letters of a text that no blank divides into words: Chinese, Japanese and Korean ones. */
export const cjkLetters = (text: string): readonly string[] => text.match(CJK) ?? [];

/** A text with a blank for each of them. */
export const withoutCjk = (text: string): string => text.replace(CJK, ' ');

export const hasCjk = (text: string): boolean => text.search(CJK) !== -1;
