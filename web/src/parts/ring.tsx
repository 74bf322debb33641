/** How much of a span is left, as a ring that closes; the words beside it say the same. */
export function Ring({ share, size = 22 }: { share: number; size?: number }) {
  return (
    <svg className="ring" width={size} height={size} viewBox="0 0 22 22" aria-hidden="true">
      <circle cx="11" cy="11" r="8.5" pathLength="1" />
      <circle
        cx="11"
        cy="11"
        r="8.5"
        pathLength="1"
        strokeDasharray={`${Math.max(0, Math.min(1, share))} 1`}
        transform="rotate(-90 11 11)"
      />
    </svg>
  );
}
