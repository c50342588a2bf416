import type { SlotId } from '../../db/ids.ts';
import type { TerminalSnapshot } from '../../services/pty/pty-host.ts';
import type { PictureFormat } from '../../services/screenshots/drawing-messages.ts';

export interface ScreenshotOptions {
  readonly format: PictureFormat;
  /** How many times as large as usual. */
  readonly scale: number;
  /** With what has scrolled away; the visible screen without it. */
  readonly lines?: number;
}

export interface KeptScreenshot {
  readonly path: string;
  readonly width: number;
  readonly height: number;
}

/** Draws screens and keeps the pictures. */
export interface Screenshots {
  /** @throws MissionError `screenshot_failed`, `timeout` */
  keep(slotId: SlotId, screen: TerminalSnapshot, options: ScreenshotOptions): Promise<KeptScreenshot>;
  /** Resolves when nothing of it runs any more. */
  close(): Promise<void>;
}
