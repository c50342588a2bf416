CREATE TABLE `task_end_marks` (
	`by` text NOT NULL,
	`name` text NOT NULL,
	`number` integer NOT NULL,
	`at` integer NOT NULL,
	PRIMARY KEY(`by`, `name`)
);
--> statement-breakpoint
CREATE TABLE `task_ends` (
	`number` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`task_id` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `task_ends_task` ON `task_ends` (`task_id`);--> statement-breakpoint
INSERT INTO `task_ends` (`task_id`) SELECT `id` FROM `tasks` WHERE `finished_at` IS NOT NULL ORDER BY `finished_at`, `rowid`;--> statement-breakpoint
CREATE TRIGGER `task_has_ended` AFTER UPDATE OF `finished_at` ON `tasks` WHEN NEW.`finished_at` IS NOT NULL AND OLD.`finished_at` IS NULL BEGIN
	INSERT INTO `task_ends` (`task_id`) VALUES (NEW.`id`) ON CONFLICT DO NOTHING;
END;--> statement-breakpoint
CREATE TRIGGER `task_had_ended` AFTER INSERT ON `tasks` WHEN NEW.`finished_at` IS NOT NULL BEGIN
	INSERT INTO `task_ends` (`task_id`) VALUES (NEW.`id`) ON CONFLICT DO NOTHING;
END;
