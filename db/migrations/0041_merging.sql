CREATE TABLE `merges` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`repository` text NOT NULL,
	`subject` text NOT NULL,
	`branch` text,
	`pull_request` integer,
	`target` text,
	`method` text NOT NULL,
	`status` text NOT NULL,
	`requested_by` text NOT NULL,
	`allow_protected` integer NOT NULL,
	`head` text,
	`base` text,
	`result` text,
	`rows` text,
	`output` text,
	`trouble` text,
	`pushed` integer DEFAULT false NOT NULL,
	`created_at` integer NOT NULL,
	`ended_at` integer
);
--> statement-breakpoint
CREATE INDEX `merges_status` ON `merges` (`status`);--> statement-breakpoint
CREATE INDEX `merges_repository` ON `merges` (`repository`,`id`);--> statement-breakpoint
CREATE TABLE `reviews` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`repository` text NOT NULL,
	`commit` text NOT NULL,
	`reviewer` text NOT NULL,
	`verdict` text NOT NULL,
	`comments` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `reviews_commit` ON `reviews` (`repository`,`commit`);