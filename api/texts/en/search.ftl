# Looking for entries of a book.
search-title = Entries of { $name }: { $count } lines found
search-title-more = Entries of { $name }: { $count } lines and more found
search-heading = Look for an entry
search-wrong = { $field }: { $why }
search-hidden = What tells of a single payment is not found from outside: payments are told as sums.
search-amount = Amount of a line
search-amount-such = 130.00
search-no-amount = a decimal such as 130.00, more than zero
search-number = Number of the entry
search-number-or-about = Number of the entry, or what it is about
search-look = Look
search-found = What was found
search-entry-accounts = Entry, and the accounts debited and credited
search-line-amount = Amount
search-entry = Entry { $entry }
search-nothing = No such line among the newest that were looked at.
