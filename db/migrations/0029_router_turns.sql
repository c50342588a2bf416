CREATE TABLE `router_turns` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`board_task_id` text NOT NULL,
	`messages` text NOT NULL,
	`context_kind` text NOT NULL,
	`by` text NOT NULL,
	`started_at` integer NOT NULL,
	`ended_at` integer,
	`outcome` text,
	`answer` text,
	`error` text,
	`from_backend` text,
	`model` text,
	`input_tokens` integer,
	`output_tokens` integer,
	`cost_usd` real
);
--> statement-breakpoint
CREATE INDEX `router_turns_task` ON `router_turns` (`board_task_id`,`id`);