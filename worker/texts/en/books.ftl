# Books that differ from themselves.
books-frozen-subject = Frozen: the book { $name } differs from itself
books-frozen = { $name } is frozen
books-frozen-what = The book { $book } differs from its own journal and takes no record since { $since }. It is read as before; other books go on. Charges, settlements and reported captures wait.
books-frozen-find-out = Find out what happened before anything is mended. When it is decided, the owner of the database lets it go on:
books-frozen-then = The comparison then begins anew; what still differs freezes the book again.
