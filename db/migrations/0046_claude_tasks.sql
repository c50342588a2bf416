CREATE TABLE `claude_task_lists` (
	`name` text PRIMARY KEY NOT NULL,
	`session_id` text NOT NULL,
	`has_files` integer NOT NULL,
	`changed_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `claude_task_lists_session` ON `claude_task_lists` (`session_id`);--> statement-breakpoint
CREATE INDEX `claude_task_lists_changed` ON `claude_task_lists` (`changed_at`);--> statement-breakpoint
CREATE TABLE `claude_tasks` (
	`list` text NOT NULL,
	`task_id` text NOT NULL,
	`position` integer NOT NULL,
	`subject` text NOT NULL,
	`description` text,
	`active_form` text,
	`status` text NOT NULL,
	`owner` text,
	`blocked_by` text NOT NULL,
	PRIMARY KEY(`list`, `task_id`),
	FOREIGN KEY (`list`) REFERENCES `claude_task_lists`(`name`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `claude_tasks_status` ON `claude_tasks` (`status`);