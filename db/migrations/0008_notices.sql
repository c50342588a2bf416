CREATE TABLE `notices` (
	`id` text PRIMARY KEY NOT NULL,
	`receiver` text NOT NULL,
	`event` text NOT NULL,
	`subject` text NOT NULL,
	`body` text NOT NULL,
	`status` text NOT NULL,
	`attempts` integer NOT NULL,
	`next_attempt_at` integer NOT NULL,
	`created_at` integer NOT NULL,
	`ended_at` integer,
	`failure` text
);
--> statement-breakpoint
CREATE INDEX `notices_due` ON `notices` (`status`,`receiver`,`next_attempt_at`);--> statement-breakpoint
CREATE UNIQUE INDEX `notices_once` ON `notices` (`receiver`,`event`,`subject`);