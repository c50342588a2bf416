ALTER TABLE `tasks` ADD `verify` text;--> statement-breakpoint
ALTER TABLE `tasks` ADD `last_slot_id` text;