CREATE TABLE `task_dependencies` (
	`task_id` text NOT NULL,
	`depends_on` text NOT NULL,
	`place` integer NOT NULL,
	PRIMARY KEY(`task_id`, `depends_on`)
);
--> statement-breakpoint
CREATE INDEX `task_dependents` ON `task_dependencies` (`depends_on`);--> statement-breakpoint
ALTER TABLE `deliveries` ADD `attempt` integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE `tasks` ADD `submitter` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `tasks` ADD `waiting_for` text;--> statement-breakpoint
ALTER TABLE `tasks` ADD `not_before` integer;--> statement-breakpoint
ALTER TABLE `tasks` ADD `timeout_ms` integer;--> statement-breakpoint
ALTER TABLE `tasks` ADD `retries` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `tasks` ADD `retried` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `tasks` ADD `retry_backoff_ms` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `tasks` ADD `include_results` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `tasks` ADD `labels` text;--> statement-breakpoint
ALTER TABLE `tasks` ADD `idempotency_key` text;--> statement-breakpoint
ALTER TABLE `tasks` ADD `content_hash` text;--> statement-breakpoint
CREATE INDEX `tasks_waiting` ON `tasks` (`status`,`waiting_for`,`not_before`);--> statement-breakpoint
CREATE UNIQUE INDEX `tasks_idempotency` ON `tasks` (`submitter`,`idempotency_key`);