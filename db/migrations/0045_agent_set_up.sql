ALTER TABLE `agents` ADD `port_count` integer;--> statement-breakpoint
ALTER TABLE `agents` ADD `set_up_begun_at` integer;