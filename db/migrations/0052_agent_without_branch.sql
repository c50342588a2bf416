PRAGMA foreign_keys=OFF;--> statement-breakpoint
CREATE TABLE `__new_agents` (
	`slot_id` text PRIMARY KEY NOT NULL,
	`repository` text NOT NULL,
	`name` text NOT NULL,
	`role` text NOT NULL,
	`kind` text NOT NULL,
	`status` text NOT NULL,
	`branch` text,
	`owns_branch` integer NOT NULL,
	`base` text NOT NULL,
	`stays_at_base` integer DEFAULT false NOT NULL,
	`git_folder` text NOT NULL,
	`worktree` text NOT NULL,
	`port_block` integer,
	`port_count` integer,
	`set_up_begun_at` integer,
	`refreshing_from` text,
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
INSERT INTO `__new_agents`("slot_id", "repository", "name", "role", "kind", "status", "branch", "owns_branch", "base", "stays_at_base", "git_folder", "worktree", "port_block", "port_count", "set_up_begun_at", "refreshing_from", "created_by", "created_at", "task", "task_id", "pull_request", "completion", "rescue", "trouble", "ended_at") SELECT "slot_id", "repository", "name", "role", "kind", "status", "branch", "owns_branch", "base", "stays_at_base", "git_folder", "worktree", "port_block", "port_count", "set_up_begun_at", "refreshing_from", "created_by", "created_at", "task", "task_id", "pull_request", "completion", "rescue", "trouble", "ended_at" FROM `agents`;--> statement-breakpoint
DROP TABLE `agents`;--> statement-breakpoint
ALTER TABLE `__new_agents` RENAME TO `agents`;--> statement-breakpoint
PRAGMA foreign_keys=ON;--> statement-breakpoint
CREATE UNIQUE INDEX `agents_name` ON `agents` (`repository`,`name`);--> statement-breakpoint
CREATE INDEX `agents_status` ON `agents` (`status`);--> statement-breakpoint
CREATE INDEX `agents_task` ON `agents` (`task_id`);