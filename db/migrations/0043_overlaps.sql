CREATE TABLE `overlaps` (
	`repository` text NOT NULL,
	`one_slot_id` text NOT NULL,
	`other_slot_id` text NOT NULL,
	`shared_paths` text NOT NULL,
	`conflict_paths` text,
	`told_paths` text NOT NULL,
	`seen_at` integer NOT NULL,
	`ended_at` integer,
	PRIMARY KEY(`one_slot_id`, `other_slot_id`)
);
--> statement-breakpoint
CREATE INDEX `overlaps_repository` ON `overlaps` (`repository`,`ended_at`);