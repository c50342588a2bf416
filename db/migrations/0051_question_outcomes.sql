ALTER TABLE `questions` ADD `context` text;--> statement-breakpoint
ALTER TABLE `questions` ADD `urgency` text;--> statement-breakpoint
ALTER TABLE `questions` ADD `outcome` text;