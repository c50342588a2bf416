DROP INDEX `tasks_for_slot`;--> statement-breakpoint
DROP INDEX `tasks_for_role`;--> statement-breakpoint
CREATE INDEX `tasks_for_slot` ON `tasks` (`status`,`pinned_slot_id`,`submitter`,(case when not_before > created_at then not_before else created_at end) - priority * 3600000);--> statement-breakpoint
CREATE INDEX `tasks_for_role` ON `tasks` (`status`,`role`,`pinned_slot_id`,`submitter`,(case when not_before > created_at then not_before else created_at end) - priority * 3600000);