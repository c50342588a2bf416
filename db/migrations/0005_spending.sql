CREATE TABLE `governor_marks` (
	`key` text PRIMARY KEY NOT NULL,
	`until` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `session_costs` (
	`session_id` text PRIMARY KEY NOT NULL,
	`total_usd` real NOT NULL
);
--> statement-breakpoint
CREATE TABLE `spending` (
	`day` text NOT NULL,
	`slot_id` text NOT NULL,
	`task_id` text NOT NULL,
	`role` text NOT NULL,
	`input_tokens` integer NOT NULL,
	`output_tokens` integer NOT NULL,
	`cache_read_tokens` integer NOT NULL,
	`cache_write_tokens` integer NOT NULL,
	`cost_usd` real NOT NULL,
	PRIMARY KEY(`day`, `slot_id`, `task_id`)
);
--> statement-breakpoint
CREATE INDEX `spending_task` ON `spending` (`task_id`);--> statement-breakpoint
CREATE TABLE `usage_marks` (
	`path` text PRIMARY KEY NOT NULL,
	`offset` integer NOT NULL,
	`recent` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `usage_windows` (
	`account` text NOT NULL,
	`name` text NOT NULL,
	`used_percent` real NOT NULL,
	`resets_at` integer NOT NULL,
	PRIMARY KEY(`account`, `name`)
);
