-- Grain: one row per symbol, report date and session from 10 before to 10 after the reaction, the one before at 100.
with reactions as (
    select * from {{ ref('int_earnings_reactions') }}
),

sessions as (
    select * from {{ ref('int_session_numbers') }}
),

reference_closes as (
    select
        reactions.symbol,
        reactions.report_date,
        reactions.reaction_session,
        sessions.close as reference_close
    from reactions
    inner join sessions
        on
            reactions.symbol = sessions.symbol
            and sessions.session_number = reactions.reaction_session - 1
),

final as (
    select
        reference_closes.symbol,
        reference_closes.report_date,
        cast(sessions.session_number - reference_closes.reaction_session as integer) as session_offset,
        sessions.date,
        {{ utc_time('sessions.date') }} as date_at,
        sessions.close,
        100 * {{ ratio('sessions.close', 'reference_closes.reference_close') }} as normalised_close
    from reference_closes
    inner join sessions
        on
            reference_closes.symbol = sessions.symbol
            and sessions.session_number between reference_closes.reaction_session - 10
            and reference_closes.reaction_session + 10
)

select * from final
