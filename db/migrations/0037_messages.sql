CREATE TABLE `messages` (
	`place` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`sender` text NOT NULL,
	`sender_role` text,
	`receiver` text NOT NULL,
	`addressee` text NOT NULL,
	`reply_to` text,
	`conversation_id` text NOT NULL,
	`body` text NOT NULL,
	`inbox_only` integer NOT NULL,
	`status` text NOT NULL,
	`way` text,
	`attempts` integer DEFAULT 0 NOT NULL,
	`not_before` integer,
	`failure` text,
	`task_id` text,
	`epoch` text,
	`tool_use_id` text,
	`transcript_path` text,
	`transcript_offset` integer,
	`created_at` integer NOT NULL,
	`delivered_at` integer,
	`read_at` integer,
	`acknowledged_at` integer,
	`dead_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `messages_id_unique` ON `messages` (`id`);--> statement-breakpoint
CREATE INDEX `messages_waiting` ON `messages` (`status`,`receiver`,`place`);--> statement-breakpoint
CREATE INDEX `messages_inbox` ON `messages` (`receiver`,`place`);--> statement-breakpoint
CREATE INDEX `messages_sent` ON `messages` (`sender`,`place`);