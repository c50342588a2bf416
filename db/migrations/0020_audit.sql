CREATE TABLE `audit` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`at` integer NOT NULL,
	`kind` text NOT NULL,
	`by` text,
	`slot_id` text,
	`role` text,
	`epoch` text,
	`task_id` text,
	`question_id` text,
	`tool` text,
	`argument` text,
	`decision` text,
	`rule` text,
	`person_only` integer DEFAULT false NOT NULL,
	`answer` text,
	`change` text
);
--> statement-breakpoint
CREATE INDEX `audit_slot` ON `audit` (`slot_id`,`id`);--> statement-breakpoint
CREATE INDEX `audit_task` ON `audit` (`task_id`,`id`);--> statement-breakpoint
CREATE INDEX `audit_question` ON `audit` (`question_id`);--> statement-breakpoint
CREATE INDEX `audit_at` ON `audit` (`at`);--> statement-breakpoint
INSERT INTO `audit` (`at`, `kind`, `slot_id`, `epoch`, `task_id`, `tool`, `argument`, `decision`, `rule`, `person_only`)
	SELECT `at`, 'decision', `slot_id`, `epoch`, `task_id`, `tool`, `argument`, `decision`, `rule`, `person_only` FROM `decisions` ORDER BY `id`;--> statement-breakpoint
CREATE TRIGGER `audit_is_not_changed` BEFORE UPDATE ON `audit` BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;--> statement-breakpoint
CREATE TRIGGER `audit_is_not_replaced` BEFORE INSERT ON `audit` WHEN EXISTS (SELECT 1 FROM `audit` WHERE `id` = NEW.`id`) BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;--> statement-breakpoint
CREATE TRIGGER `audit_is_not_removed` BEFORE DELETE ON `audit` BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;--> statement-breakpoint
DROP TABLE `decisions`;