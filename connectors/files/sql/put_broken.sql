insert into broken (payload, reason, code) values (:payload, :reason, :code)
