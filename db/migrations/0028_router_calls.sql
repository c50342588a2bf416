CREATE TABLE `router_calls` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`day` text NOT NULL,
	`started_at` integer NOT NULL,
	`kind` text NOT NULL,
	`from_backend` text NOT NULL,
	`model` text NOT NULL,
	`reserved_usd` real,
	`input_tokens` integer,
	`output_tokens` integer,
	`cost_usd` real,
	`ended_at` integer,
	`outcome` text
);
--> statement-breakpoint
CREATE INDEX `router_calls_day` ON `router_calls` (`day`);