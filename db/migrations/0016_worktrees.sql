CREATE TABLE `worktrees` (
	`task_id` text PRIMARY KEY NOT NULL,
	`status` text NOT NULL,
	`cwd` text NOT NULL,
	`repository` text NOT NULL,
	`path` text NOT NULL,
	`folder` text NOT NULL,
	`branch` text NOT NULL,
	`base` text NOT NULL,
	`commits` integer DEFAULT 0 NOT NULL,
	`changed_files` integer DEFAULT 0 NOT NULL,
	`uncommitted` integer DEFAULT 0 NOT NULL,
	`rescue` text,
	`trouble` text,
	`created_at` integer NOT NULL,
	`ended_at` integer
);
--> statement-breakpoint
CREATE INDEX `worktrees_status` ON `worktrees` (`status`);--> statement-breakpoint
CREATE INDEX `worktrees_folder` ON `worktrees` (`folder`);--> statement-breakpoint
ALTER TABLE `tasks` ADD `worktree` text;