DROP INDEX `tasks_for_slot`;--> statement-breakpoint
DROP INDEX `tasks_for_role`;--> statement-breakpoint
ALTER TABLE `tasks` ADD `priority` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `tasks` ADD `requires` text;--> statement-breakpoint
CREATE INDEX `tasks_for_slot` ON `tasks` (`status`,`pinned_slot_id`,`submitter`,priority desc,`created_at`);--> statement-breakpoint
CREATE INDEX `tasks_for_role` ON `tasks` (`status`,`role`,`pinned_slot_id`,`submitter`,priority desc,`created_at`);