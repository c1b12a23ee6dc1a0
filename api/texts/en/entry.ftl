# An entry of a book.
entry-title = Entry { $entry }: { $amount }, { $kind }
entry-heading = Entry { $entry }: { $kind }
entry-counts = It counts on { $day }.
entry-occurred = It happened on { $day }: that day was closed already.
entry-moved = What moved
entry-ways = Kind, from and to
entry-amount = Amount
entry-from = from
entry-to = to
entry-has-after = it has { $balance } after it
entry-all-lines = All its lines
entry-note = Note: { $note }
entry-erased = Its note was erased; what moved stands.
entry-about = It is about { $what }, <span class="code quiet">{ $reference }</span>
entry-about-reference = It is about <span class="code quiet">{ $reference }</span>
entry-pledge = a pledge
entry-charge = a payment of a pledge
entry-refund = a refund
entry-chargeback = a chargeback
entry-claim = a claim
entry-release = a release to a team
entry-settlement = money that a custodian pays over
entry-distribution = a distribution
entry-challenge = a challenge
entry-payout = a payout
entry-object = an object of the book
entry-reversed-by = <strong>It was reversed</strong> by <entry>entry { $entry }</entry>, its exact mirror.
entry-reverses = <strong>It reverses</strong> <entry>entry { $entry }</entry>: it is its exact mirror.
entry-took = Whose money it took
entry-that-of = That of
entry-took-of = entry { $entry }
entry-taken = What took of its money
entry-taken-by = Entry { $entry }
entry-check = Check it yourself
entry-check-how = Who sees the whole book downloads it and checks every number, balance and digest offline: <code>commonpurse verify FILE</code> reads what <export>the export of the book</export> (with a token) answers.
