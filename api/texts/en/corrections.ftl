# What was put right in a book.
corrections-title-nothing = What was put right in { $name }: nothing
corrections-title = What was put right in { $name }: { $count }
corrections-title-more = What was put right in { $name }: { $count } and more
corrections-heading = What was put right
corrections-what = No entry is ever changed or deleted: what was wrong is answered by another entry, and both stay.
corrections-missed = Goals that were missed
corrections-missed-what = What these campaigns needed did not come together: what came is its donors' to take back or to redirect.
corrections-others = Payouts, entries and claims
corrections-late =
    { $count ->
        [one] <strong>{ $count } payout should have left the bank by now</strong> and did not: the first was sent on { $day }.
       *[other] <strong>{ $count } payouts should have left the bank by now</strong> and did not: the first was sent on { $day }.
    }
corrections-none-late = No payout is late.
corrections-day = Day
corrections-wrong = What was wrong, and what was done
corrections-amount = Amount
corrections-entry-wrong = Entry { $entry } was wrong
corrections-entry-reversed = Entry { $entry } reversed it: it is its exact mirror
corrections-distribution-wrong = The distribution of the period { $from } to { $to } was wrong
corrections-distribution-back = Entry { $entry } took all of it back
corrections-claim-revoked = A claim on the milestone { $milestone } was revoked after its money was released
corrections-claim-back = What was not paid out came back to the fund; the team owes the rest
corrections-why = Why: { $reason }
corrections-entries = <reversed>Entry { $reversed }</reversed>, and <entry>entry { $entry }</entry>
corrections-entry = entry { $entry }
corrections-nothing = Nothing had to be put right yet.
corrections-older = Older ones
corrections-twins = For programs: this page as <json>JSON</json>, <csv>CSV</csv> or a <feed>feed</feed>.
