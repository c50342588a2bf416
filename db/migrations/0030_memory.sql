CREATE TABLE `memory_done` (
	`message_id` integer PRIMARY KEY NOT NULL,
	FOREIGN KEY (`message_id`) REFERENCES `conversation_messages`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `memory_jobs` (
	`id` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`status` text NOT NULL,
	`message_ids` text NOT NULL,
	`knowledge_ids` text NOT NULL,
	`attempt` integer DEFAULT 0 NOT NULL,
	`not_before` integer,
	`task_id` text,
	`error_code` text,
	`error` text,
	`outcome` text,
	`created_at` integer NOT NULL,
	`started_at` integer,
	`finished_at` integer,
	`snapshot` text,
	`snapshot_version` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `memory_jobs_status` ON `memory_jobs` (`status`,`kind`);--> statement-breakpoint
CREATE INDEX `memory_jobs_created` ON `memory_jobs` (`created_at`);--> statement-breakpoint
CREATE TABLE `memory_marks` (
	`conversation_id` integer PRIMARY KEY NOT NULL,
	`latest` integer NOT NULL,
	`realtime` integer NOT NULL,
	`deep` integer NOT NULL,
	FOREIGN KEY (`conversation_id`) REFERENCES `conversations`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `memory_marks_realtime` ON `memory_marks` (`realtime`) WHERE "memory_marks"."realtime" < "memory_marks"."latest";--> statement-breakpoint
CREATE INDEX `memory_marks_deep` ON `memory_marks` (`deep`) WHERE "memory_marks"."deep" < "memory_marks"."latest";--> statement-breakpoint
CREATE TABLE `memory_state` (
	`id` integer PRIMARY KEY NOT NULL,
	`seen_through` integer NOT NULL,
	`since` integer NOT NULL,
	`paused_until` integer,
	`consolidated_at` integer NOT NULL,
	`cursor` text
);
