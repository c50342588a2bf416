CREATE INDEX `tasks_for_slot` ON `tasks` (`status`,`pinned_slot_id`,`created_at`);--> statement-breakpoint
CREATE INDEX `tasks_for_role` ON `tasks` (`status`,`role`,`pinned_slot_id`,`created_at`);--> statement-breakpoint
CREATE INDEX `tasks_deadline` ON `tasks` (`status`,`deadline_at`);