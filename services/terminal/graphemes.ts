/**
 * The addon unpacks its tables when it is loaded, and takes the buffer that it decodes for one of its own. Node gives a
 * small buffer a place in a shared pool, so that the addon would read what others left there ("Data error"; 0.4.0).
 * While it is loaded there is no pool.
 */
async function loadWithoutPool() {
  const { poolSize } = Buffer;
  Buffer.poolSize = 0;
  try {
    return await import('@xterm/addon-unicode-graphemes');
  } finally {
    Buffer.poolSize = poolSize;
  }
}

export const { UnicodeGraphemesAddon } = await loadWithoutPool();
