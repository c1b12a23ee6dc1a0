# The page of a campaign.
campaign-of = A campaign of { $host }. As of { $day }.
campaign-held-by = The money is held by { $names }, { $count ->
        [one] custodian
       *[other] custodians
    }.
campaign-held-by-more = The money is held by { $names } and others, custodians.
campaign-verdict = The verdict fell on { $day }: { $verdict }.
campaign-verdict-counted = The verdict fell on { $day }: { $verdict }, with { $counted } counted.
campaign-verdict-successful = successful
campaign-verdict-failed = failed
campaign-no-verdict = The verdict has not fallen yet.
campaign-months = Month by month
campaign-no-month = No month is shown: fewer than five donors have given so far, and what single people give is theirs to tell.
campaign-months-how = What single people give is theirs to tell: payments are counted five donors at a time or more, in the month in which the fifth of them came. The newest may wait for the next sum.
campaign-months-label = What came month by month
campaign-month = Month
campaign-collected-column = Collected
campaign-waiting-column = Waiting
campaign-before = Before
campaign-waiting-is = Waiting is what fell due and was not collected yet: its payment is under way, or is tried again. Only the people of the book see it.
campaign-became = What became of it
campaign-what = What
campaign-amount = Amount
campaign-that-is = That is
campaign-fund-has = By these figures its fund has { $has }; { $aside } of it is set aside for milestones.
campaign-entries = The figures are made by the entries of its <fund>fund</fund> in the <book>book</book>; what went wrong is among its <corrections>corrections</corrections>.
campaign-pays-for = What it pays for
campaign-no-milestone = No milestone is planned yet. A milestone is a part of the work, with an amount that is released when it is done.
campaign-milestone-is = A milestone is a part of the work, with an amount that is released to its team when it is done.
campaign-milestone = Milestone
campaign-released = Released
campaign-all-milestones = All its milestones
campaign-tiers = What a gift brings
campaign-tier = Tier
campaign-from = From
campaign-places = Places left
campaign-places-of = { $left } of { $places }
campaign-places-up-to = up to { $left } of { $places }, told in fives
campaign-places-any = any number
campaign-terms = Terms
campaign-agrees = Who gives agrees to version { $version }, by its SHA-256:
campaign-agrees-since = Who gives agrees to version { $version }, in effect since { $day }, by its SHA-256:
campaign-read-terms = Read the terms
campaign-terms-elsewhere = The terms, with the campaign
campaign-programs = For programs: this page as <json>JSON</json> or <csv>CSV</csv>; its <releases>releases</releases>.
campaign-badge = For other sites: how far it has come as a <badge>picture</badge> that may be shown anywhere.
campaign-pledged = Pledged
campaign-pledged-means = promised by donors, whether it came or not: so much at least, rounded down
campaign-collected = Collected
campaign-collected-means = taken from donors, before fees, whatever became of it later
campaign-dropped = Dropped
campaign-dropped-means = promised, and will not come: so much at least, rounded down
campaign-refunded = Refunded
campaign-refunded-means = went back to donors, or is on its way to them
campaign-disputed = Disputed
campaign-disputed-means = taken back by donors' banks, with their fees, and did not come again
campaign-so-far-by-of = { $came } of { $goal } by { $day }
campaign-so-far-by = { $came } by { $day }
campaign-of-in = { $came } of { $goal } in { $month }
campaign-in = { $came } in { $month }
campaign-of-a-month = { $came } so far, of { $goal } a month
campaign-so-far = { $came } so far
campaign-asks-monthly = It asks for { $goal } a month, without an end.
campaign-asks-all = It asks for { $goal } by { $day }. The verdict is on { $basis ->
        [collected] what was collected and not refunded
       *[pledged] what was pledged and still stood at its end
    }: if that misses the goal, it goes back to those who gave it.
campaign-asks-hopes = It hopes for { $goal }.
campaign-asks-keeps = It takes pledges until { $day }, and what is collected is kept.
campaign-asks-minimum = It needs { $minimum }, and hopes for { $optimum }, by { $day }. The verdict is on { $basis ->
        [collected] what was collected and not refunded
       *[pledged] what was pledged and still stood at its end
    }: if that misses the minimum, it goes back to those who gave it.
campaign-is-draft = It is a draft, and takes no pledges yet.
campaign-is-live = It takes pledges.
campaign-is-paid-for = It takes no new pledges for now, as what is made brings all that it asks for. Pledges that it has run on, and it opens again by itself when what is made brings less.
campaign-is-live-until = It takes pledges until { $day }.
campaign-is-suspended = Its host has suspended it: it takes no pledges and no payments. If nobody ends that, it closes on { $day }.
campaign-is-collecting = It takes no more pledges. Payments that are pending have until { $day }; then its verdict falls.
campaign-is-successful = It was successful. What was promised is still collected.
campaign-is-failed = It was not successful: what came is its donors' to take back or to redirect.
campaign-is-closed = It is over. What is left in its fund stays for its milestones.
campaign-picture = What came in each month
campaign-picture-goal = What came in each month, beside the goal of { $goal }
campaign-loop = In the twelve months until { $day } what is made brought { $proceeds } for what comes next, beside { $collected } that were given: a ratio of { $ratio }.
campaign-loop-alone = In the twelve months until { $day } what is made brought { $proceeds } for what comes next.
campaign-loop-asks = So it asks for { $amount } a month now.
campaign-loop-closed = It asks for nothing now: what is made pays for what comes next.
