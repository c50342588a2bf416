const BYTES_PER_TOKEN = 4;

/** About how many tokens texts are, where nobody has counted them. */
export const estimateTokens = (texts: readonly string[]): number =>
  Math.ceil(texts.reduce((bytes, text) => bytes + Buffer.byteLength(text), 0) / BYTES_PER_TOKEN);
