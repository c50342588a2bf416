CREATE TABLE `agents` (
	`slot_id` text PRIMARY KEY NOT NULL,
	`repository` text NOT NULL,
	`name` text NOT NULL,
	`role` text NOT NULL,
	`kind` text NOT NULL,
	`status` text NOT NULL,
	`branch` text NOT NULL,
	`owns_branch` integer NOT NULL,
	`base` text NOT NULL,
	`git_folder` text NOT NULL,
	`worktree` text NOT NULL,
	`port_block` integer,
	`created_by` text NOT NULL,
	`created_at` integer NOT NULL,
	`task` text,
	`task_id` text,
	`pull_request` integer,
	`completion` text,
	`rescue` text,
	`trouble` text,
	`ended_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `agents_name` ON `agents` (`repository`,`name`);--> statement-breakpoint
CREATE INDEX `agents_status` ON `agents` (`status`);--> statement-breakpoint
CREATE INDEX `agents_task` ON `agents` (`task_id`);