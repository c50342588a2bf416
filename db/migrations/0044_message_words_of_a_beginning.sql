CREATE VIRTUAL TABLE `message_word_terms` USING fts5vocab('message_words', 'instance');
