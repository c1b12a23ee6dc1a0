# Which mails somebody gets.
mails-heading = Mails that you get
mails-about = You get mails about { $what }.
mails-no-more = No more of them
mails-off = You get no more of them
mails-off-what = Mails about { $what } are turned off.
mails-on-again = Turn them on again
mails-in-any-case = Mails that the law demands, and those about something that is against you or about your access, come in any case.
mails-decisions = how something ended in which you had a part
mails-deadlines = work that waits for you in an office that you hold
mails-money = money that came or went as it should
mails-news = what is good to know
