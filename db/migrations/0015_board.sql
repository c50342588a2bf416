CREATE TABLE `board_notes` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`board_task_id` text NOT NULL,
	`content` text NOT NULL,
	`note_type` text NOT NULL,
	`author` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `board_notes_task` ON `board_notes` (`board_task_id`,`id`);--> statement-breakpoint
CREATE TABLE `board_runs` (
	`board_task_id` text NOT NULL,
	`number` integer NOT NULL,
	`assignee` text NOT NULL,
	`request` text NOT NULL,
	`task_id` text,
	`started_at` integer NOT NULL,
	`ended_at` integer,
	`outcome` text,
	PRIMARY KEY(`board_task_id`, `number`)
);
--> statement-breakpoint
CREATE INDEX `board_runs_task` ON `board_runs` (`task_id`);--> statement-breakpoint
CREATE INDEX `board_runs_ended` ON `board_runs` (`assignee`,`ended_at`);--> statement-breakpoint
CREATE INDEX `board_runs_open` ON `board_runs` (`started_at`) WHERE ended_at is null;--> statement-breakpoint
CREATE TABLE `board_tasks` (
	`id` text PRIMARY KEY NOT NULL,
	`title` text NOT NULL,
	`description` text NOT NULL,
	`status` text NOT NULL,
	`priority` text NOT NULL,
	`category` text NOT NULL,
	`project` text,
	`server` text,
	`due_date` text,
	`parent_id` text,
	`assignee` text,
	`auto_execute` integer NOT NULL,
	`prompt_template` text,
	`options` text,
	`hidden` integer NOT NULL,
	`order_idx` integer NOT NULL,
	`claim_executor_id` text,
	`claim_executor_type` text,
	`claimed_at` integer,
	`blocked_on` text,
	`runs` integer NOT NULL,
	`task_id` text,
	`created_by` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`finished_at` integer
);
--> statement-breakpoint
CREATE INDEX `board_children` ON `board_tasks` (`parent_id`,`order_idx`);--> statement-breakpoint
CREATE INDEX `board_status` ON `board_tasks` (`status`,`finished_at`);--> statement-breakpoint
CREATE INDEX `board_autopilot` ON `board_tasks` (`assignee`,`due_date`) WHERE auto_execute = 1 and status = 'open' and assignee is not null;