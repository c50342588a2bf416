ALTER TABLE `decisions` ADD `person_only` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `questions` ADD `expires_at` integer;--> statement-breakpoint
ALTER TABLE `questions` ADD `person_only` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `questions` ADD `rule` text;--> statement-breakpoint
ALTER TABLE `questions` ADD `identity` text;