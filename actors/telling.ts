import type { MissionDatabase } from '../db/open.ts';
import { createNoticeLedger } from '../services/ledger/notice-ledger.ts';
import {
  createNoticeDelivery,
  type NoticeDeliveryDependencies,
} from '../services/notices/deliver-notices.ts';
import type { MissionLogger } from './core.ts';
import { createNoticeWatch, type NoticeWatchDependencies } from './notice-watch.ts';
import { createNotices } from './notices.ts';

/** Somebody who wonders what was sent finds it in the outbox for so long. */
const ENDED_NOTICES_KEPT_MS = 7 * 24 * 60 * 60_000;

export interface TellingDependencies extends Omit<NoticeDeliveryDependencies, 'ledger' | 'report'> {
  readonly db: MissionDatabase;
  readonly logger: Pick<MissionLogger, 'warn'>;
}

/** The outbox, what comes into it and what goes out of it. */
export function createTelling({ db, logger, ...dependencies }: TellingDependencies) {
  const { receivers, now } = dependencies;
  const ledger = createNoticeLedger(db);
  const delivery = createNoticeDelivery({
    ledger,
    ...dependencies,
    report: (facts, message) => logger.warn(facts, message),
  });
  return {
    notices: createNotices({ ledger, receivers, now }),
    watch: (watching: Omit<NoticeWatchDependencies, 'wake'>) =>
      createNoticeWatch({ ...watching, wake: delivery.wake }),
    /** Goes on with what an earlier daemon had not sent. */
    start(): void {
      ledger.abandonOthers(
        receivers.map(({ id }) => id),
        now(),
      );
      ledger.removeEndedBefore(now() - ENDED_NOTICES_KEPT_MS);
      delivery.wake();
    },
    close: delivery.close,
  };
}
