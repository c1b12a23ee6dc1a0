# The first page.
home-title = Money for open work
home-waits-for-you = What waits for you
home-sign-in = Sign in
home-heading = Money that many give for open work, in books that everybody can read
home-as-of = As of { $day }, over { $count ->
        [one] 1 public book
       *[other] { $count } public books
    }.
home-as-of-oldest = As of { $day }, over { $count ->
        [one] 1 public book
       *[other] { $count } public books
    }, the oldest; there are more.
home-sandbox = These are sandbox books: they are for trying out, and none of this is real money.
home-none = No public book has moved money yet.
home-became = What became of the money, in { $currency }
home-what = What
home-amount = Amount
home-that-is = That is
home-held-by = The money itself is held by custodians: the platforms and hosts that each book names. Promises are in none of these figures. What single people give is theirs to tell: it counts once five givers or more are together in a sum, so the newest payments wait.
home-changed = What changed this week
home-no-news = Nothing was released or awarded in the last seven days.
home-find-receipt = Find your receipt
home-code = Its code, or the link of its mail
home-show-receipt = Show the receipt
home-no-code = This is no code of a receipt. It stands at the end of the link in the mail that brought the receipt: copy all of it.
home-check = How to check us
home-check-what = What custodians hold beside what is owed, what is late, and how to verify a book yourself.
home-books = Public books
home-more-books = <all>All public books</all>, { $count } more than stand here
home-programs = For programs: this page as <json>JSON</json> or <csv>CSV</csv>; the <contract>contract</contract>.
home-collected = Collected
home-collected-means = taken from those who gave it, before fees, whatever became of it later
home-released = Released
home-released-means = approved for teams and winners, less what came back by revoked claims
home-paid = Paid out
home-paid-means = of that: sent to the bank accounts of teams and winners, less what came back
home-returned = Returned
home-returned-means = went back to those who gave it, or is on its way to them
home-held = Held
home-held-means = in the funds and purses for which it was given, not released yet
home-other = Fees and the rest
home-other-means = what was collected and is none of the others: fees, lost disputes, corrections
home-headline = { $amount } held for open work
home-picture = What became of { $amount } that were collected
home-released-for = released for { $milestone }
home-revoked = a claim was revoked: { $milestone }
home-awarded = awarded in { $challenge }
