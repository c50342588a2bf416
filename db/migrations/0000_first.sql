CREATE TABLE `decisions` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`at` integer NOT NULL,
	`slot_id` text NOT NULL,
	`epoch` text NOT NULL,
	`task_id` text,
	`tool` text NOT NULL,
	`argument` text NOT NULL,
	`decision` text NOT NULL,
	`rule` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `decisions_slot` ON `decisions` (`slot_id`,`at`);--> statement-breakpoint
CREATE TABLE `questions` (
	`id` text PRIMARY KEY NOT NULL,
	`slot_id` text NOT NULL,
	`epoch` text NOT NULL,
	`task_id` text,
	`kind` text NOT NULL,
	`tool` text,
	`argument` text,
	`question` text NOT NULL,
	`options` text NOT NULL,
	`asked_at` integer NOT NULL,
	`closed_at` integer,
	`answer` text,
	`answered_by` text
);
--> statement-breakpoint
CREATE INDEX `questions_slot` ON `questions` (`slot_id`,`asked_at`);--> statement-breakpoint
CREATE TABLE `sessions` (
	`epoch` text PRIMARY KEY NOT NULL,
	`slot_id` text NOT NULL,
	`session_id` text NOT NULL,
	`pid` integer,
	`token_hash` text NOT NULL,
	`cwd` text NOT NULL,
	`claude_version` text,
	`transcript_path` text,
	`cost_usd` real,
	`started_at` integer NOT NULL,
	`ended_at` integer,
	`exit_code` integer
);
--> statement-breakpoint
CREATE INDEX `sessions_slot` ON `sessions` (`slot_id`,`started_at`);--> statement-breakpoint
CREATE TABLE `slots` (
	`id` text PRIMARY KEY NOT NULL,
	`role` text NOT NULL,
	`status` text NOT NULL,
	`desired` text NOT NULL,
	`epoch` text,
	`session_id` text,
	`pid` integer,
	`snapshot` text,
	`snapshot_version` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `transitions` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`epoch` text,
	`slot_id` text NOT NULL,
	`at` integer NOT NULL,
	`region` text NOT NULL,
	`from` text NOT NULL,
	`to` text NOT NULL,
	`evidence` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `transitions_slot` ON `transitions` (`slot_id`,`at`);--> statement-breakpoint
CREATE TABLE `deliveries` (
	`id` text PRIMARY KEY NOT NULL,
	`task_id` text NOT NULL,
	`slot_id` text NOT NULL,
	`epoch` text NOT NULL,
	`expected` text NOT NULL,
	`status` text NOT NULL,
	`failure` text,
	`created_at` integer NOT NULL,
	`typed_at` integer,
	`submitted_at` integer,
	`answered_at` integer
);
--> statement-breakpoint
CREATE INDEX `deliveries_task` ON `deliveries` (`task_id`);--> statement-breakpoint
CREATE INDEX `deliveries_slot` ON `deliveries` (`slot_id`);--> statement-breakpoint
CREATE TABLE `history` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`slot_id` text NOT NULL,
	`task_id` text,
	`role` text NOT NULL,
	`content` text NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `history_slot` ON `history` (`slot_id`,`id`);--> statement-breakpoint
CREATE TABLE `inbox_messages` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`task_id` text NOT NULL,
	`from_role` text NOT NULL,
	`content` text NOT NULL,
	`read` integer NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `inbox_unread` ON `inbox_messages` (`read`,`id`);--> statement-breakpoint
CREATE TABLE `tasks` (
	`id` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`role` text NOT NULL,
	`prompt` text NOT NULL,
	`status` text NOT NULL,
	`pinned_slot_id` text,
	`slot_id` text,
	`epoch` text,
	`session_id` text,
	`result` text,
	`error_code` text,
	`error` text,
	`deadline_at` integer,
	`created_at` integer NOT NULL,
	`started_at` integer,
	`finished_at` integer,
	`snapshot` text,
	`snapshot_version` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `tasks_status` ON `tasks` (`status`,`created_at`);--> statement-breakpoint
CREATE INDEX `tasks_created` ON `tasks` (`created_at`);