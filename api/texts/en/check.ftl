# What everybody may check.
check-title = Check us: { $held } held, { $owed } owed
check-title-nothing = Check us: nothing is held yet
check-title-no-book = Check us: no public book yet
check-heading = Check us
check-what = For each book that everybody may read: what is held with custodians, and what is owed to those for whom it is held. Held must never be less than owed.
check-as-of = As of { $day }.
check-sandbox = This is a sandbox: none of its money is real.
check-sums = Payments count in sums over five givers or more. What is held is told as <em>at least so much</em>: as what is owed, and what is beyond it in steps of a hundred, with fees, refunds and payouts on their way taken off both.
check-picture = { $held } are held, { $owed } are owed
check-table = Held and owed in { $name }
check-unit = Currency or unit
check-held = Held
check-held-at-least = Held, at least
check-owed = Owed
check-beyond = Beyond it
check-less = { $unit }: less is held than is owed
check-nothing-held = Nothing is held yet.
check-too-large = It has more accounts or payments than are summed for one page.
check-late =
    { $count ->
        [one] { $count } payout is late: the first was sent on { $day } and has not left the bank.
       *[other] { $count } payouts are late: the first was sent on { $day } and has not left the bank.
    }
check-none-late = No payout is late.
check-none-frozen = No custodian's money is frozen.
check-frozen =
    { $count ->
        [one] The money of { $count } custodian is frozen: nothing is paid of it until it is released.
       *[other] The money of { $count } custodians is frozen: nothing is paid of it until it is released.
    }
check-corrections = What was put right
check-no-bank = No bank of a custodian has sent a statement yet.
check-banks = What banks say of { $name }
check-held-by = Held by
check-at-bank = At the bank
check-in-book = In the book
check-unexplained = Unexplained
check-custodian = { $name }, custodian
check-bank-day = at the end of { $day }
check-bank-day-open =
    { $count ->
        [one] at the end of { $day }; { $count } line of the bank not booked yet
       *[other] at the end of { $day }; { $count } lines of the bank not booked yet
    }
check-nobody-knows = nobody knows yet why
check-agrees = nothing: what the bank has agrees with the book
check-differs = bank and book differ, and nobody knows yet why
check-own-people = The figures themselves change with single payments: its own people see them.
check-no-book = No book is public yet.
check-all-books = All public books
check-yourself = How to check it yourself
check-whole = Who may see a book whole downloads it as <code>jsonl</code> (<code>GET /v1/books/…/export?format=jsonl</code>), and <code>commonpurse verify FILE</code> checks each digest, number and balance of it, without this service.
check-add-up = Everybody reads accounts and entries of public books from their pages, as page, JSON or CSV, and adds them up.
check-doctor = Who runs the installation asks <code>commonpurse doctor</code> what is not well.
