CREATE TABLE `swarms` (
	`id` text PRIMARY KEY NOT NULL,
	`submitter` text NOT NULL,
	`prompts` text NOT NULL,
	`roles` text NOT NULL,
	`slot_ids` text NOT NULL,
	`at_once` integer NOT NULL,
	`refused` text NOT NULL,
	`created_at` integer NOT NULL,
	`ended_at` integer
);
--> statement-breakpoint
CREATE INDEX `swarms_open` ON `swarms` (`ended_at`);