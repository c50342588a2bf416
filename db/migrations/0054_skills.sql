CREATE TABLE `skill_versions` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`path` text NOT NULL,
	`at` integer NOT NULL,
	`by` text NOT NULL,
	`kind` text NOT NULL,
	`before` blob,
	`after_hash` text
);
--> statement-breakpoint
CREATE INDEX `skill_versions_of_file` ON `skill_versions` (`path`,`id`);