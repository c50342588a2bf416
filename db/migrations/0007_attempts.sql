CREATE TABLE `attempts` (
	`task_id` text NOT NULL,
	`number` integer NOT NULL,
	`slot_id` text NOT NULL,
	`epoch` text NOT NULL,
	`session_id` text NOT NULL,
	`prompt` text NOT NULL,
	`started_at` integer NOT NULL,
	`ended_at` integer,
	`outcome` text,
	`error_code` text,
	`error` text,
	`input_tokens` integer,
	`output_tokens` integer,
	`cache_tokens` integer,
	`cost_usd` real,
	PRIMARY KEY(`task_id`, `number`)
);
