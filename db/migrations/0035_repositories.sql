CREATE TABLE `repositories` (
	`name` text PRIMARY KEY NOT NULL,
	`path` text NOT NULL,
	`git_folder` text NOT NULL,
	`is_ours` integer NOT NULL,
	`url` text,
	`remote` text,
	`default_branch` text,
	`default_branch_from` text NOT NULL,
	`is_fork` integer NOT NULL,
	`upstream_url` text,
	`configuration` text NOT NULL,
	`is_current` integer DEFAULT false NOT NULL,
	`created_at` integer NOT NULL,
	`removed_at` integer
);
