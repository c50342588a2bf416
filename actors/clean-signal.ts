import { redactTokens } from '../db/redact-tokens.ts';
import type { SessionEvent, SessionReading } from '../machines/session-events.ts';

const clean = (words: string | undefined): string | undefined =>
  words === undefined ? undefined : redactTokens(words);

function cleanReading(reading: SessionReading): SessionReading {
  const { composer, title, activity, errorText, limitText } = reading;
  const draft = redactTokens(composer.text);
  return {
    ...reading,
    composer: draft === composer.text ? composer : { ...composer, text: draft },
    title: redactTokens(title),
    activity: clean(activity),
    errorText: clean(errorText),
    limitText: clean(limitText),
  };
}

/** A signal as the statechart keeps it and every door shows it: what a screen says, without what looks like a secret. */
export function cleanSignal(signal: SessionEvent): SessionEvent {
  return signal.type === 'screen.read' ? { ...signal, reading: cleanReading(signal.reading) } : signal;
}
